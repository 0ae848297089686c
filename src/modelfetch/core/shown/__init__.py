"""What a person is shown of a model: its state, a card, a line, its turn."""
