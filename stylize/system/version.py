"""The version, apart from everything heavy so that packaging and recipes can read it."""

VERSION = "0.1.0"
