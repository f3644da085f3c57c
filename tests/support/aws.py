"""moto's server in a process of its own: what AWS would answer, on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from support.services import Service, free_port, launch, plain_environ

REGION = "eu-central-1"
# DynamoDB's conditions are atomic; moto's threads would run between the condition and the write.
SERVER = """\
import sys, threading
sys.path.insert(0, sys.argv[2])
from support import moto_lambda, moto_urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

moto_lambda.install()
moto_urls.install()
app, lock = DomainDispatcherApplication(create_backend_app), threading.Lock()

def one_by_one(environ, start_response):
    with lock:
        return list(app(environ, start_response))

run_simple("127.0.0.1", int(sys.argv[1]), one_by_one, threaded=True, request_handler=MotoRequestHandler)
"""
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}


def start(folder: Path) -> Service:
    """An empty AWS."""
    port = free_port()
    return launch(
        "moto",
        [sys.executable, "-c", SERVER, str(port), str(Path(__file__).parents[1])],
        url=f"http://127.0.0.1:{port}",
        ready="/moto-api/",
        environ=plain_environ(folder, **KEYS),
        folder=folder,
        seconds=60,
    )


def client(service: Service, name: str) -> Any:
    """A boto3 client of it, for seeding and for looking behind the product's back."""
    make: Any = boto3.client
    return make(
        name,
        region_name=REGION,
        endpoint_url=service.url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 2}),
    )


def state_table(service: Service, name: str = "adaptgen") -> None:
    """The table that ``DynamoStore`` wants, with its time-to-live attribute."""
    dynamodb = client(service, "dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    dynamodb.close()
