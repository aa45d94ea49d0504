import Logging

/// The configurations of all profiles, read again when a file changed.
public final class ProfileConfigurations: Sendable {
  /// A `config.yaml` has a few kilobytes; a larger one than this was not written for us.
  static let largestFile = 1 << 20

  private let layout: StateLayout
  private let disk: DiskExecutor
  private let warn: RepeatedWarning
  private let memo: FileMemo<ProfileConfiguration>

  /// Configurations that are read when they are asked for.
  ///
  /// - Parameters:
  ///   - layout: Where the profiles are.
  ///   - disk: Where the reads run.
  ///   - logger: Hears about files that cannot be understood.
  public init(layout: StateLayout, disk: DiskExecutor, logger: Logger) {
    self.layout = layout
    self.disk = disk
    warn = RepeatedWarning(logger: logger)
    memo = FileMemo(limit: Self.largestFile) { bytes, _ in
      try ProfileConfiguration(yaml: String(decoding: bytes, as: UTF8.self))
    }
  }

  /// What counts for a profile: `HERMES_CONFIG_PATH` when it is set, else the profile's own file. Missing, unreadable and
  /// malformed files count as empty; the last two are logged.
  public func configuration(of profile: ProfileName) async -> ProfileConfiguration {
    await disk.value { self.read(self.layout.configuration(of: profile)) }
  }

  /// The same for a path. Blocks.
  func read(_ path: String) -> ProfileConfiguration {
    do {
      return try memo.value(of: path) ?? ProfileConfiguration()
    } catch {
      // Only the place and the kind of the mistake: the line itself may hold a key.
      warn(about: path, "The configuration \(path) cannot be used and counts as empty: \(reason(error))")
      return ProfileConfiguration()
    }
  }

  private func reason(_ error: any Error) -> String {
    switch error {
    case let error as FileError: error.description
    case let error as ProfileConfiguration.NotAMapping: error.description
    case let error as BoundedYAML.TooManyAliases: error.description
    default: "it is no YAML"
    }
  }
}
