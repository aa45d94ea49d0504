import Yams

/// What a home's `profile.yaml` says (wire-platform 1.1).
struct ProfileDescription: Equatable, Sendable {
  /// Other names of the profile: `name` and `display_name`, when they are there.
  var names: Set<String> = []
  /// False only when `visible` is the boolean `false`.
  var isVisible = true

  /// A missing file says nothing; a malformed one neither, but is logged. Blocks.
  ///
  /// - Throws: ``FileError`` when the file is there and cannot be read.
  static func read(_ path: String, warn: RepeatedWarning) throws(FileError) -> ProfileDescription {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try AtomicFile.read(path, limit: 1 << 16)
    } catch {
      if error.isMissing { return ProfileDescription() }
      throw error
    }
    var description = ProfileDescription()
    do {
      guard let root = try BoundedYAML.compose(String(decoding: bytes, as: UTF8.self)) else { return description }
      for key in ["name", "display_name"] {
        guard let node = root[key], node.tag == Tag(.str), let name = node.string, !name.isEmpty, !name.utf8.contains(0)
        else { continue }
        description.names.insert(name)
      }
      if let node = root["visible"], node.tag == Tag(.bool), node.bool == false { description.isVisible = false }
    } catch let error as BoundedYAML.TooManyAliases {
      warn(about: path, "The profile description \(path) cannot be used and counts as empty: \(error)")
    } catch {
      warn(about: path, "The profile description \(path) is no YAML and counts as empty.")
    }
    return description
  }
}
