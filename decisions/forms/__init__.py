"""Forms of decisions: pure mappings between what is typed and the dataclasses of the dossier."""
