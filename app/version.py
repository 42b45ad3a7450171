"""The version of Watchword: of the package, of the published contract, and of ``flask version``."""

VERSION = "0.1.0"
