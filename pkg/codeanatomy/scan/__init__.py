"""Which files a repository has, which bytes they hold and what they are called. It parses nothing and executes nothing."""

from codeanatomy.scan.scan import Scan, check_repository, scan
from codeanatomy.scan.settings import ScanSettings
from codeanatomy.scan.source import SourceFile

__all__ = ["Scan", "ScanSettings", "SourceFile", "check_repository", "scan"]
