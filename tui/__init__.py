"""Import feature flags from Split and Unleash into LaunchDarkly, from a terminal."""

__version__ = "1.1.0"
