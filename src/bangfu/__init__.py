"""bangfu 帮扶: China's local social-assistance policy, carried out from data."""
