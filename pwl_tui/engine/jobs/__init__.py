"""From a list to a job and back: planning, sampling, retrying, adopting, exporting."""
