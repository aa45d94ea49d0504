import Foundation
import JSON
import Logging
import Synchronization

/// The profiles of the agent (domain 1.8 and 3.13, wire-platform 1), read and never written.
public final class Profiles: Sendable {
  struct CachedRows {
    let time: ContinuousClock.Instant
    let rows: [JSONObject]
  }

  let layout: StateLayout
  let disk: DiskExecutor
  let warn: RepeatedWarning
  let configurations: ProfileConfigurations
  let freshness: Duration
  let cachedRows = Mutex<CachedRows?>(nil)
  private let workspaces: Workspaces
  private let rootNames: RootNames
  private let stickyProfile: ProfileName

  /// Reads the sticky file and the name of the root profile, once; for the start of the process, because it blocks.
  ///
  /// - Parameters:
  ///   - layout: Where the profiles are.
  ///   - disk: Where later reads run.
  ///   - logger: Hears about files that cannot be understood.
  ///   - configurations: Where the models of the rows come from.
  ///   - workspaces: Where the folder of the active profile comes from.
  ///   - freshness: How long rows may be given out again without a look at the files (wire-platform 1.7).
  public init(
    layout: StateLayout, disk: DiskExecutor, logger: Logger, configurations: ProfileConfigurations,
    workspaces: Workspaces, freshness: Duration = .seconds(4)
  ) {
    self.layout = layout
    self.disk = disk
    self.configurations = configurations
    self.workspaces = workspaces
    self.freshness = freshness
    let warn = RepeatedWarning(logger: logger)
    self.warn = warn
    let descriptionFile = layout.baseHome + "/profile.yaml"
    rootNames = RootNames { try ProfileDescription.read(descriptionFile, warn: warn).names }
    rootNames.load()
    stickyProfile = Self.readSticky(layout, rootNames: rootNames, warn: warn)
  }

  /// Whether a name means the base home: `default`, or the name that the base home's `profile.yaml` gives itself. An empty
  /// name does not (domain 3.13).
  public func isRoot(_ name: String) -> Bool { rootNames.contains(name) }

  /// Whether a row of one profile is seen from another: both are the same, or both are root. A row without a profile is
  /// root's (invariant 46). Costs no disk.
  public func matches(row: String?, active: ProfileName) -> Bool {
    let row = row.flatMap { $0.isEmpty ? nil : $0 } ?? ProfileName.root.text
    return row == active.text || (isRoot(row) && isRoot(active.text))
  }

  /// The profile that is active for the whole process: what the sticky file said when the process began. Root when the
  /// file is missing or blank, when its name is none, and when there is no such profile any more.
  public func processProfile() -> ProfileName { stickyProfile }

  /// Where a profile lives, whichever of its names the root profile is called by.
  public func home(of profile: ProfileName) -> String {
    layout.home(of: canonical(profile))
  }

  /// The one name that paths are made of: `default` for every name of the root profile, the name itself for the others.
  /// What a client sends must go through this before it reaches ``AgentDatabases``, ``Workspaces`` or a ``StateLayout``,
  /// which know nothing of a root profile's other names.
  public func canonical(_ profile: ProfileName) -> ProfileName { isRoot(profile.text) ? .root : profile }

  /// Whether there is such a profile. Root always is.
  public func exists(_ profile: ProfileName) async -> Bool {
    if isRoot(profile.text) { return true }
    let home = layout.home(of: profile)
    return await disk.value { Self.isFolder(home) }
  }

  /// The answer to `GET /api/profile/active` (wire-platform 1.7).
  public func activeObject(_ profile: ProfileName) async -> JSONObject {
    let workspace = await workspaces.last(profile: canonical(profile))
    return [
      "name": .string(profile.text),
      "path": .string(home(of: profile)),
      "is_default": .bool(isRoot(profile.text)),
      "default_workspace": .string(workspace),
    ]
  }

  /// Must be called after profiles were made, changed or deleted. When it returns, the next answers know the change.
  public func profilesChanged() async {
    rootNames.invalidate()
    cachedRows.withLock { $0 = nil }
    await disk.value { _ = self.rootNames.load() }
  }

  static func isFolder(_ path: String) -> Bool { FilePath(path, home: "")?.isFolder ?? false }

  private static func readSticky(_ layout: StateLayout, rootNames: RootNames, warn: RepeatedWarning) -> ProfileName {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try AtomicFile.read(layout.activeProfileFile, limit: 4096)
    } catch {
      if !error.isMissing { warn(about: "sticky", "The active profile cannot be read; root is active: \(error)") }
      return .root
    }
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if text.isEmpty || rootNames.contains(text) { return .root }
    guard let profile = ProfileName(text), isFolder(layout.home(of: profile)) else {
      warn(about: "sticky", "The file active_profile names no profile; root is active.")
      return .root
    }
    return profile
  }
}
