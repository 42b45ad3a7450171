"""The contract suite once more, against a world of the harness and over HTTP."""
