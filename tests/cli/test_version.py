"""The version is stated once, and everything that shows it shows the same."""

import configparser

from app.version import VERSION
from config import ROOT


def test_the_command_and_the_published_contract_tell_the_same_version(client, app):
    told = app.test_cli_runner().invoke(args=["version"])
    assert (told.exit_code, told.output) == (0, f"{VERSION}\n")
    assert client.get("/openapi.json").get_json()["info"]["version"] == VERSION


def test_the_package_takes_its_version_from_the_code():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["version"] == "attr: app.version.VERSION"
