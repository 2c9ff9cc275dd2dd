// Answers what the authenticator itself makes of a map: one JSON object of data keys a line in, one line out.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"

	"github.com/sirupsen/logrus"
	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
)

type entry struct {
	ARN      string   `json:"arn"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
	// Permission set, account and partition, where the entry has no ARN.
	SSO []string `json:"sso"`
}

type parsed struct {
	Roles    []entry  `json:"roles"`
	Users    []entry  `json:"users"`
	Accounts []string `json:"accounts"`
}

func main() {
	// It logs every loss, and there are many.
	logrus.SetOutput(io.Discard)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var data map[string]string
		if err := decoder.Decode(&data); err != nil {
			return
		}
		users, roles, accounts, _ := configmap.ParseMap(data)
		if err := encoder.Encode(answer(users, roles, accounts)); err != nil {
			panic(err)
		}
		if err := out.Flush(); err != nil {
			panic(err)
		}
	}
}

func answer(users []config.UserMapping, roles []config.RoleMapping, accounts []string) parsed {
	result := parsed{Roles: []entry{}, Users: []entry{}, Accounts: append([]string{}, accounts...)}
	for _, user := range users {
		result.Users = append(result.Users, entry{ARN: user.UserARN, Username: user.Username, Groups: append([]string{}, user.Groups...)})
	}
	for _, role := range roles {
		e := entry{ARN: role.RoleARN, Username: role.Username, Groups: append([]string{}, role.Groups...)}
		if role.SSO != nil {
			e.SSO = []string{role.SSO.PermissionSetName, role.SSO.AccountID, role.SSO.Partition}
		}
		result.Roles = append(result.Roles, e)
	}
	return result
}
