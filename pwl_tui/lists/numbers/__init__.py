"""From a cell to a phone number in E.164, or the reason why it holds none."""
