"""The paid call and all that guards it: submission, evidence, decisions, the journal, the ledger."""
