SELECT path, stage, extractor, code, severity, message, line
FROM extract_errors
