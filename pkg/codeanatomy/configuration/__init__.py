"""Where the settings of a build come from: its file, the environment, flags. What a setting is, is in the catalog; what it does is not known here."""
