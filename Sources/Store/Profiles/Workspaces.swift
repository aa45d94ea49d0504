import Foundation
import JSON
import Logging

/// The folders that conversations work in, a list a profile (wire-platform 5.1).
public final class Workspaces: Sendable {
  static let largestFile = 1 << 22

  let layout: StateLayout
  let disk: DiskExecutor
  let warn: RepeatedWarning
  let settings: Settings
  let configurations: ProfileConfigurations
  let defaultWorkspace: DefaultWorkspace
  let memo: FileMemo<[Entry]>

  /// Workspaces that are read when they are asked for, and again when the file changed.
  ///
  /// - Parameters:
  ///   - layout: Where the files are.
  ///   - disk: Where the reads run.
  ///   - logger: Hears about files that cannot be understood.
  ///   - settings: Names the saved default folder.
  ///   - configurations: Name the folders and terminals of the profiles.
  ///   - defaultWorkspace: The folder when nothing else is named, and what `~` stands for.
  public init(
    layout: StateLayout, disk: DiskExecutor, logger: Logger, settings: Settings, configurations: ProfileConfigurations,
    defaultWorkspace: DefaultWorkspace
  ) {
    self.layout = layout
    self.disk = disk
    self.settings = settings
    self.configurations = configurations
    self.defaultWorkspace = defaultWorkspace
    let warn = RepeatedWarning(logger: logger)
    self.warn = warn
    memo = FileMemo(limit: Self.largestFile) { bytes, path in
      guard let entries = Entry.list(bytes) else {
        warn(about: path, "The workspaces \(path) are no JSON array and count as none; the file is left as it is.")
        return []
      }
      return entries
    }
  }

  /// The answer to `GET /api/workspaces`. A profile without a list has one entry, `Home`. Entries inside the home of
  /// another profile are left out; entries whose folder is gone are not.
  public func object(profile: ProfileName) async -> JSONObject {
    await disk.value {
      let configuration = self.configuration(of: profile)
      return [
        "workspaces": .array(self.entries(of: profile, configuration).map(\.value)),
        "last": .string(self.lastFolder(of: profile, configuration)),
        "terminal_remote_backend": .bool(configuration.hasRemoteTerminal),
      ]
    }
  }

  /// The folder that a new conversation of a profile gets: the last one used, if it is still there, else the default one.
  public func last(profile: ProfileName) async -> String {
    await disk.value { self.lastFolder(of: profile, self.configuration(of: profile)) }
  }

  /// The default folder of a profile: `workspace`, `default_workspace` or `terminal.cwd` of its configuration, the first
  /// that is a folder; else that of the whole server.
  public func defaultFolder(profile: ProfileName) async -> String {
    await disk.value { self.profileDefault(self.configuration(of: profile)) }
  }

  /// Keeps the folder that was used last, for ``last(profile:)``.
  ///
  /// - Throws: ``FileError``. A profile that does not exist is not made by it.
  public func remember(last path: String, profile: ProfileName) async throws {
    try await disk.run {
      let home = self.layout.home(of: profile)
      if profile != .root && !Profiles.isFolder(home) {
        throw FileError(operation: "open", name: profile.text, code: ENOENT)
      }
      let folder = self.layout.workspacesDirectory(of: profile)
      try AtomicFile.makeFolder(folder)
      try AtomicFile.replace(folder + "/last_workspace.txt", with: Array(path.utf8))
    }
  }

  func configuration(of profile: ProfileName) -> ProfileConfiguration {
    configurations.read(layout.configuration(of: profile))
  }

  /// The list as it is shown.
  func entries(of profile: ProfileName, _ configuration: ProfileConfiguration) -> [Entry] {
    let saved = savedEntries(of: profile).filter { !isForeign($0, profile) }
    return saved.isEmpty ? [Entry(path: profileDefault(configuration), name: "Home")] : saved
  }

  /// The list as it is stored; a file that cannot be used counts as none, and is logged.
  func savedEntries(of profile: ProfileName) -> [Entry] {
    let path = layout.workspacesDirectory(of: profile) + "/workspaces.json"
    do {
      return try memo.value(of: path) ?? []
    } catch {
      warn(about: path, "The workspaces of profile \(profile) cannot be read and count as none: \(error)")
      return []
    }
  }

  /// The folder of the whole server.
  func serverDefault() -> String { defaultWorkspace.resolve(saved: settings.savedDefaultWorkspace()) }

  private func profileDefault(_ configuration: ProfileConfiguration) -> String {
    let candidates = [configuration.workspace, configuration.defaultWorkspace, configuration.terminalFolder]
    for case let candidate? in candidates {
      if let path = usable(candidate, configuration) { return path }
    }
    return serverDefault()
  }

  private func lastFolder(of profile: ProfileName, _ configuration: ProfileConfiguration) -> String {
    let path = layout.workspacesDirectory(of: profile) + "/last_workspace.txt"
    do throws(FileError) {
      let text = String(decoding: try AtomicFile.read(path, limit: 1 << 16), as: UTF8.self)
      if let last = usable(text.trimmingCharacters(in: .whitespacesAndNewlines), configuration) { return last }
    } catch {
      if !error.isMissing { warn(about: path, "The last workspace of profile \(profile) cannot be read: \(error)") }
    }
    return profileDefault(configuration)
  }

  /// A folder that is there, or that only the remote terminal can look at.
  private func usable(_ text: String, _ configuration: ProfileConfiguration) -> String? {
    guard let path = FilePath(text, home: defaultWorkspace.userHome) else { return nil }
    return path.isFolder || isRemote(path, configuration) ? path.text : nil
  }

  /// Whether a path is at or below the folder of a terminal that runs elsewhere (wire-platform 5.1).
  func isRemote(_ path: FilePath, _ configuration: ProfileConfiguration) -> Bool {
    guard configuration.hasRemoteTerminal, let folder = configuration.terminalFolder else { return false }
    // `~` would be the home over there, which is not known here.
    guard folder.hasPrefix("/"), let root = FilePath(folder, home: "") else { return false }
    return path.isInside(root)
  }

  private func isForeign(_ entry: Entry, _ profile: ProfileName) -> Bool {
    let home = defaultWorkspace.userHome
    guard let path = FilePath(entry.path, home: home), let all = FilePath(layout.profilesDirectory, home: home) else {
      return false
    }
    if path == all || !path.isInside(all) { return false }
    guard profile != .root, let own = FilePath(layout.home(of: profile), home: home) else { return true }
    return !path.isInside(own)
  }
}
