"""What the tests of bundles and images share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import aws
from support.services import Service
from support.shipping import bundle_of

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles import compiling
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.target import Target


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter of the target's version, without the packages of this one."""
    try:
        return compiling.find_interpreter(Target())[0]
    except AdaptgenError:
        pytest.skip("there is no Python 3.12 on this machine")


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Bundle]:
    """Makes a bundle under one of the settings that the tests know."""
    return lambda kind, **target: bundle_of(kind, tmp_path, **target)


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An AWS of our own, with a bucket for bundles."""
    service = aws.start(tmp_path_factory.mktemp("moto"))
    try:
        s3 = aws.client(service, "s3")
        s3.create_bucket(Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": aws.REGION})
        yield service
    finally:
        service.stop()
