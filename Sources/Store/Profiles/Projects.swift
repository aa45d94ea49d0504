import JSON
import Logging

/// The projects of all profiles (`projects.json`, domain 1.5 and 3.15), read and never written.
///
/// Older files have rows without a profile. They are given the one that a migration would give them (domain 3.15), in
/// memory only: making that durable belongs to the code that writes projects.
public final class Projects: Sendable {
  private struct Row {
    let object: JSONObject
    let profile: String?
    let id: ProjectID
  }

  static let largestFile = 1 << 25
  static let largestIndex = 1 << 28

  private let layout: StateLayout
  private let disk: DiskExecutor
  private let profiles: Profiles
  private let warn: RepeatedWarning
  private let memo: FileMemo<[Row]>
  private let owners: FileMemo<[String: String]>

  /// Projects that are read when they are asked for, and again when the file changed.
  ///
  /// - Parameters:
  ///   - layout: Where the files are.
  ///   - disk: Where the reads run.
  ///   - logger: Hears about a file that cannot be understood.
  ///   - profiles: Decides which profile sees which row.
  public init(layout: StateLayout, disk: DiskExecutor, logger: Logger, profiles: Profiles) {
    self.layout = layout
    self.disk = disk
    self.profiles = profiles
    let warn = RepeatedWarning(logger: logger)
    self.warn = warn
    memo = FileMemo(limit: Self.largestFile) { bytes, path in Self.rows(bytes, path, warn) }
    owners = FileMemo(limit: Self.largestIndex) { bytes, _ in Self.owners(inIndex: bytes) }
  }

  /// The projects that a profile sees, in the order of the file (wire-platform 2).
  ///
  /// - Parameters:
  ///   - profile: The profile of the request.
  ///   - allProfiles: Gives the projects of all of them.
  /// - Returns: The projects, each with the profile that it belongs to, and how many others were left out.
  /// - Throws: ``FileError`` when there is a file that cannot be read. One that can be read and is no list of projects
  ///   counts as empty, and is logged.
  public func list(
    profile: ProfileName, allProfiles: Bool
  ) async throws -> (projects: [JSONObject], otherProfileCount: Int) {
    let rows = try await disk.run { try self.ownedRows() }
    if allProfiles { return (rows, 0) }
    let visible = rows.filter { profiles.matches(row: $0["profile"]?.string, active: profile) }
    return (visible, rows.count - visible.count)
  }

  private func ownedRows() throws -> [JSONObject] {
    let rows = try memo.value(of: layout.projectsFile) ?? []
    guard rows.contains(where: { $0.profile == nil }) else { return rows.map(\.object) }
    let owners = ownersOrNone()
    return rows.map { row in
      guard row.profile == nil else { return row.object }
      var object = row.object
      let owner = owners[row.id.text] ?? ProfileName.root.text
      object.insert(.string(owner), forKey: "profile", before: "created_at")
      return object
    }
  }

  /// Without an index that can be read, everything is root's.
  private func ownersOrNone() -> [String: String] {
    do {
      return try owners.value(of: layout.indexFile) ?? [:]
    } catch {
      warn(about: layout.indexFile, "The index cannot tell whose the projects without a profile are: \(error)")
      return [:]
    }
  }

  private static func rows(_ bytes: [UInt8], _ path: String, _ warn: RepeatedWarning) -> [Row] {
    guard let elements = elements(bytes) else {
      warn(about: path, "The projects are no JSON array and count as none; the file is left as it is.")
      return []
    }
    return elements.compactMap { element in
      guard let object = element.object, let id = object["project_id"]?.string.flatMap(ProjectID.init) else {
        return nil
      }
      let profile = object["profile"]?.string.flatMap { $0.isEmpty ? nil : $0 }
      return Row(object: object, profile: profile, id: id)
    }
  }

  /// For each project, the profile of the first conversation that is in it and has one.
  private static func owners(inIndex bytes: [UInt8]) -> [String: String] {
    var owners: [String: String] = [:]
    for row in elements(bytes) ?? [] {
      guard let project = row["project_id"]?.string, owners[project] == nil,
        let profile = row["profile"]?.string, !profile.isEmpty
      else { continue }
      owners[project] = profile
    }
    return owners
  }

  private static func elements(_ bytes: [UInt8]) -> [JSONValue]? {
    do throws(JSONParseError) { return try JSONValue(parsing: bytes, limits: .files).array } catch { return nil }
  }
}
