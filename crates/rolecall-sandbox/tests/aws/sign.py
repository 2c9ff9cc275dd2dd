"""Signs the requests on standard input with botocore, and prints them signed.

Each is an object: method, url, headers, body, service, region, key, secret, token (or null), how.
`how` is `header`, `query` (a presigned URL, as in `aws eks get-token`) or `no-host`.
"""

import json
import sys

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class NoHost(SigV4Auth):
    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        del headers["host"]
        return headers


SIGNERS = {
    "header": SigV4Auth,
    "no-host": NoHost,
    "query": lambda *scope: SigV4QueryAuth(*scope, expires=60),
}


def sign(call):
    request = AWSRequest(call["method"], call["url"], data=call["body"], headers=dict(call["headers"]))
    credentials = Credentials(call["key"], call["secret"], call["token"])
    SIGNERS[call["how"]](credentials, call["service"], call["region"]).add_auth(request)
    headers = [[name, str(value)] for name, value in request.headers.items()]
    return {"method": call["method"], "url": request.url, "headers": headers, "body": call["body"]}


json.dump([sign(call) for call in json.load(sys.stdin)], sys.stdout)
