"""What a change of the policy would do: who gains, who loses, what it costs, before it is signed."""
