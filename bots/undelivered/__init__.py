"""What could not be delivered, and which messenger does not answer: for the operators."""
