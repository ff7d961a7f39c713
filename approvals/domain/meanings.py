"""What a signature means, in words that stand on the page, in the record and in the ledger."""

MEANINGS = {
    "approve": "I have reviewed this content and approve it.",
    "approve_with_conditions": "I have reviewed this content and approve it under the conditions I state.",
    "return": "I have reviewed this content and return it for the changes I state.",
    "reject": "I have reviewed this content and reject it for the reason I state.",
    "abstain": "I have seen this content and give no verdict on it.",
}

SAID_WITH = {
    "approve_with_conditions": "State the conditions of your approval.",
    "return": "Say what has to change before you can sign.",
    "reject": "Give the reason for rejecting.",
}
"""Verdicts that are refused without words, and what to say then."""


def meaning(verdict: str, *, for_whom: str = "") -> str:
    """Return the sentence a signer puts their name to."""
    sentence = MEANINGS[verdict]
    return f"{sentence} I sign for {for_whom}, as their delegate." if for_whom else sentence
