"""pwl-tui: validate lists of phone numbers with ProWebLook's batch WhatsApp service."""

__version__ = "0.1.0"
