"""HTTP as a pure protocol: what may be asked, how an answer is read, what it means, and when to ask again."""
