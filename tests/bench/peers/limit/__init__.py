"""As little as can stand between the bytes of Orb and those of a document: no framework, no tasks, typed decoding."""
