import Foundation

/// Which folder a conversation gets when nothing says otherwise (wire-platform 7, `DEFAULT_WORKSPACE`).
public struct DefaultWorkspace: Sendable {
  /// The user's home: what `~` stands for. Absolute.
  public let userHome: String
  private let environmentValue: String?
  private let stateDirectory: String

  /// A choice to be made when it is needed.
  ///
  /// - Parameters:
  ///   - stateDirectory: The folder of last resort is made in it.
  ///   - userHome: What `~` stands for.
  ///   - environmentValue: The value of `HERMES_WEBUI_DEFAULT_WORKSPACE`, if it is set.
  public init(stateDirectory: String, userHome: String, environmentValue: String? = nil) {
    self.stateDirectory = stateDirectory
    self.userHome = userHome
    self.environmentValue = environmentValue
  }

  /// The first of these that is a folder with room to write: the environment's, the saved one, `~/workspace`, `~/work`.
  /// When there is none, `<state>/workspace` is made. Blocks.
  ///
  /// - Parameter saved: `default_workspace` of the settings.
  func resolve(saved: String?) -> String {
    let candidates = [environmentValue, saved, "~/workspace", "~/work"].compactMap { $0 }
    for candidate in candidates {
      guard let path = FilePath(candidate, home: userHome), path.isFolder, access(path.text, W_OK) == 0 else {
        continue
      }
      return path.text
    }
    let last = stateDirectory + "/workspace"
    do throws(FileError) {
      try AtomicFile.makeFolder(last)
    } catch {
      // Whoever uses the folder is told that it does not exist, which says more than this could.
    }
    return last
  }
}
