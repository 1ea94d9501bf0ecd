# SPDX-License-Identifier: MIT
"""The parts of make bench."""
