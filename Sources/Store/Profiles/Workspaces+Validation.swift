import Foundation

extension Workspaces {
  /// Checks a folder that a client wants to work in (wire-sessions-chat 1.5, wire-platform 5.1). Symbolic links are
  /// followed first, so that none of them leads past a check.
  ///
  /// - Parameters:
  ///   - path: Absolute, or beginning with `~`.
  ///   - profile: Whose list of saved workspaces counts.
  /// - Returns: The folder without symbolic links.
  /// - Throws: ``WorkspaceRefusal``, whose description is the text of the answer.
  public func validate(_ path: String, profile: ProfileName) async throws(WorkspaceRefusal) -> String {
    try await disk.value { () -> Result<String, WorkspaceRefusal> in
      Result { () throws(WorkspaceRefusal) in try self.check(path, profile) }
    }.get()
  }

  private func check(_ text: String, _ profile: ProfileName) throws(WorkspaceRefusal) -> String {
    guard let path = FilePath(text, home: defaultWorkspace.userHome) else {
      throw .inaccessible(path: text, reason: "the path must be absolute")
    }
    if isRemote(path, configuration(of: profile)) { return path.text }
    let folder = try resolve(path)
    let home = FilePath(defaultWorkspace.userHome, home: "")?.resolvingLinks()
    if SystemFolders.contain(folder, home: home) { throw .systemFolder(path: folder.text) }
    guard isTrusted(folder, home: home, profile: profile) else { throw .notTrusted(path: folder.text) }
    if access(folder.text, R_OK | X_OK) != 0 {
      throw .inaccessible(path: folder.text, reason: String(cString: strerror(errno)))
    }
    return folder.text
  }

  private func resolve(_ path: FilePath) throws(WorkspaceRefusal) -> FilePath {
    guard let resolved = path.resolvingLinks() else {
      if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path.text) }
      throw .inaccessible(path: path.text, reason: String(cString: strerror(errno)))
    }
    guard resolved.isFolder else { throw .notAFolder(path: resolved.text) }
    return resolved
  }

  private func isTrusted(_ folder: FilePath, home: FilePath?, profile: ProfileName) -> Bool {
    // A home of `/` would make every folder trusted.
    if let home, home.text != "/", folder.isInside(home) { return true }
    if let root = resolved(serverDefault()), root.text != "/", folder.isInside(root) { return true }
    return savedEntries(of: profile).contains { resolved($0.path) == folder }
  }

  private func resolved(_ text: String) -> FilePath? {
    FilePath(text, home: defaultWorkspace.userHome)?.resolvingLinks()
  }
}
