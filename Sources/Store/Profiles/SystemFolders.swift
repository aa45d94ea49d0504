/// Folders that no conversation may work in (wire-platform 5.1, "Blocked system roots").
enum SystemFolders {
  private static let roots = [
    "/etc", "/usr", "/var", "/bin", "/sbin", "/boot", "/proc", "/sys", "/dev", "/lib", "/lib64", "/opt/homebrew",
    "/System", "/Library", "/private/etc", "/private/var",
  ]
  private static let exceptions = ["/var/folders", "/var/tmp", "/private/var/folders", "/private/var/tmp"]

  /// Whether a folder is one of the system, or in one. Looks at what the roots lead to, because `/bin` is often a link.
  ///
  /// - Parameters:
  ///   - folder: Without symbolic links.
  ///   - home: The user's home without symbolic links. What is inside is the user's, wherever it lies; unless it is `/`,
  ///     which some containers set and which would allow everything.
  static func contain(_ folder: FilePath, home: FilePath?) -> Bool {
    if folder.text == "/" { return true }
    if let home, home.text != "/", folder.isInside(home) { return false }
    if paths(exceptions).contains(where: folder.isInside) { return false }
    return paths(roots).contains(where: folder.isInside)
  }

  private static func paths(_ texts: [String]) -> [FilePath] {
    texts.compactMap { FilePath($0, home: "/") }.flatMap { path in [path] + (path.resolvingLinks().map { [$0] } ?? []) }
  }
}
