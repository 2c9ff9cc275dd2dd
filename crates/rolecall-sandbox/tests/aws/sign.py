"""Signs the requests on standard input with botocore, and prints them signed.

Each is an object: method, url, headers, body, service, region, key, secret, token (or null), how.
`how` is `header`, `query` (a presigned URL, as in `aws eks get-token`) or `header without NAME`, which leaves
that header out of the signature.
"""

import json
import sys

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Without(SigV4Auth):
    def __init__(self, unsigned, *scope):
        super().__init__(*scope)
        self.unsigned = unsigned

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        del headers[self.unsigned]
        return headers


def signer(how, *scope):
    if how == "query":
        return SigV4QueryAuth(*scope, expires=60)
    if how == "header":
        return SigV4Auth(*scope)
    return Without(how.removeprefix("header without "), *scope)


def sign(call):
    request = AWSRequest(call["method"], call["url"], data=call["body"], headers=dict(call["headers"]))
    credentials = Credentials(call["key"], call["secret"], call["token"])
    signer(call["how"], credentials, call["service"], call["region"]).add_auth(request)
    headers = [[name, str(value)] for name, value in request.headers.items()]
    return {"method": call["method"], "url": request.url, "headers": headers, "body": call["body"]}


json.dump([sign(call) for call in json.load(sys.stdin)], sys.stdout)
