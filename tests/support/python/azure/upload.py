"""Uploads rows with Microsoft's own client: upload.py ENDPOINT TOKEN_URL CA RULE STREAM CLIENT SECRET ROWS.

The client speaks to nothing but HTTPS. Where its tokens come from is a matter of another package, so this asks for one
as the documentation of the client credentials flow says, for the scope that the client wants.
"""

import json
import sys
import time
from typing import Any

import requests
from azure.core.credentials import AccessToken
from azure.monitor.ingestion import LogsIngestionClient


class Credential:
    """An application with a secret."""

    def __init__(self, url: str, ca: str, client: str, secret: str) -> None:
        self.url, self.ca, self.client, self.secret = url, ca, client, secret

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        # The client puts two slashes before `.default`, which Entra takes for one.
        scope = scopes[0].replace("//.default", "/.default")
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client,
            "client_secret": self.secret,
            "scope": scope,
        }
        answer = requests.post(self.url, data=form, verify=self.ca, timeout=30)
        answer.raise_for_status()
        said = answer.json()
        return AccessToken(said["access_token"], int(time.time()) + said["expires_in"])


def main() -> None:
    endpoint, token_url, ca, rule, stream, client, secret, rows = sys.argv[1:]
    credential = Credential(token_url, ca, client, secret)
    with open(rows, encoding="utf-8") as file:
        logs = json.load(file)
    with LogsIngestionClient(endpoint, credential, connection_verify=ca) as ingestion:
        ingestion.upload(rule_id=rule, stream_name=stream, logs=logs)


if __name__ == "__main__":
    main()
