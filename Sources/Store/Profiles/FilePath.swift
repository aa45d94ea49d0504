import Glibc

/// An absolute path in the shape that comparisons need: no `.`, no `..`, no doubled slash, none at the end.
///
/// The shape is made from the text alone; ``resolvingLinks()`` asks the disk.
struct FilePath: Hashable, Sendable {
  /// Begins with `/`.
  let text: String

  /// Nil when the text is not absolute after `~` was replaced by `home`, or has a NUL in it, which would end the path
  /// early for the kernel.
  init?(_ text: String, home: String) {
    var text = text
    if text == "~" { text = home } else if text.hasPrefix("~/") { text = home + text.dropFirst() }
    guard text.hasPrefix("/"), !text.utf8.contains(0) else { return nil }
    var parts: [Substring] = []
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    self.text = "/" + parts.joined(separator: "/")
  }

  private init(resolved text: String) { self.text = text }

  /// Whether this is the folder or anything below it.
  func isInside(_ folder: FilePath) -> Bool {
    text == folder.text || folder.text == "/" || text.hasPrefix(folder.text + "/")
  }

  /// The last part; empty for `/`.
  var name: String { text.split(separator: "/").last.map(String.init) ?? "" }

  /// The path without symbolic links; nil with `errno` set when something on the way is not there.
  func resolvingLinks() -> FilePath? {
    guard let resolved = realpath(text, nil) else { return nil }
    defer { free(resolved) }
    return FilePath(resolved: String(cString: resolved))
  }

  /// Whether a folder is there.
  var isFolder: Bool {
    var status = stat()
    return stat(text, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
