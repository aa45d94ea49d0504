/// Why a folder may not be a conversation's workspace (wire-sessions-chat 1.5).
public enum WorkspaceRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// Nothing is there.
  case missing(path: String)
  /// A file is there.
  case notAFolder(path: String)
  /// It is a folder of the system, or in one.
  case systemFolder(path: String)
  /// It is neither below the user's home, nor saved as a workspace, nor below the default one.
  case notTrusted(path: String)
  /// It is not absolute, may not be entered, or could not be looked at.
  case inaccessible(path: String, reason: String)

  /// The text of the answer; clients compare how it begins.
  public var description: String {
    switch self {
    case .missing(let path): "Path does not exist: \(path)"
    case .notAFolder(let path): "Path is not a directory: \(path)"
    case .systemFolder(let path): "Path points to a system directory: \(path)"
    case .notTrusted(let path):
      "Path is outside the user home directory, the saved workspaces and the default workspace: \(path)"
    case .inaccessible(let path, let reason): "Cannot access path: \(path) (\(reason))"
    }
  }
}
