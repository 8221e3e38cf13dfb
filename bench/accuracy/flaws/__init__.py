"""pyflakes' messages about names as queries over the public views, one file a message: a row is a place where the message is due."""
