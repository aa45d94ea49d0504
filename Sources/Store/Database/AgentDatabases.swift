import Logging
import Synchronization

/// The databases of the agents of all profiles.
public final class AgentDatabases: Sendable {
  private let layout: StateLayout
  private let disk: DiskExecutor
  private let logger: Logger
  private let databases = Mutex<[ProfileName: AgentDatabase]>([:])

  /// Databases that are looked at when they are asked.
  ///
  /// - Parameters:
  ///   - layout: Where the profiles are.
  ///   - disk: Where the reads run.
  ///   - logger: Hears about databases that cannot be read.
  public init(layout: StateLayout, disk: DiskExecutor, logger: Logger) {
    self.layout = layout
    self.disk = disk
    self.logger = logger
  }

  /// The database of a profile, which need not have one. Asking costs nothing.
  public subscript(profile: ProfileName) -> AgentDatabase {
    databases.withLock { databases in
      if let known = databases[profile] { return known }
      // A cookie may name any profile; only so many are remembered.
      if databases.count >= 256 { databases.removeAll() }
      let made = AgentDatabase(profile: profile, path: layout.database(of: profile), disk: disk, logger: logger)
      databases[profile] = made
      return made
    }
  }
}
