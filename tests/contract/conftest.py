"""A user, a client application, and the driver of the dialect that is asked."""

import pytest
from flask.testing import FlaskClient

from tests.factories import Identities, Somebody

from .drivers import CLIENT, DRIVERS, Driver, parametrize


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc, DRIVERS)


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    return identities.add()


@pytest.fixture
def driver(request: pytest.FixtureRequest, client: FlaskClient) -> Driver:
    made: Driver = request.param(client)
    return made


@pytest.fixture
def drivers(client: FlaskClient) -> list[Driver]:
    """All four."""
    return [driver(client) for driver in DRIVERS]
