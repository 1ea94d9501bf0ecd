# SPDX-License-Identifier: MIT
"""A program that answers while something is measured."""

import contextlib


@contextlib.contextmanager
def answering(domain, command, timeout):
    """Runs it from when it says that it is answering; seconds to begin and to end."""
    process = domain.spawn(command)
    try:
        process.wait_for("answering", timeout)
        yield
    finally:
        if process.running:
            process.kill()
            process.wait(timeout)
