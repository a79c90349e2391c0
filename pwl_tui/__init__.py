"""pwl-tui: validate lists of phone numbers with ProWebLook's batch WhatsApp service."""

__version__ = "0.1.0"
ISSUES_URL = "https://github.com/pwl-tui/pwl-tui/issues"
"""Where people report what is wrong; `pyproject.toml` names it, too."""
