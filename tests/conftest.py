"""The command line is made once: typer makes all of it anew for every command that a test runs."""

from functools import cache

import typer.main

typer.main.get_command = cache(typer.main.get_command)
