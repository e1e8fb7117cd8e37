"""The customer beside his conversation: who he is, where else he writes, what he has asked for."""
