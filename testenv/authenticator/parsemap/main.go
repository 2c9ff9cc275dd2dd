// Answers what the authenticator itself makes of a map: one JSON object of data keys a line in, one line out.
// Called with `arnlike` it answers instead whether an ARN is like a pattern: `{"arn": …, "pattern": …}` in,
// `true`, `false`, or `null` where one of them is no ARN.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"

	"github.com/sirupsen/logrus"
	"sigs.k8s.io/aws-iam-authenticator/pkg/arn"
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
	if len(os.Args) > 1 && os.Args[1] == "arnlike" {
		serve(arnLike)
	} else {
		serve(parseMap)
	}
}

func serve(answer func(map[string]string) any) {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var question map[string]string
		if err := decoder.Decode(&question); err != nil {
			return
		}
		if err := encoder.Encode(answer(question)); err != nil {
			panic(err)
		}
		if err := out.Flush(); err != nil {
			panic(err)
		}
	}
}

func arnLike(question map[string]string) any {
	like, err := arn.ArnLike(question["arn"], question["pattern"])
	if err != nil {
		return nil
	}
	return like
}

func parseMap(data map[string]string) any {
	users, roles, accounts, _ := configmap.ParseMap(data)
	return answer(users, roles, accounts)
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
