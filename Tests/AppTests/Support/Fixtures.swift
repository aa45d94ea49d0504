import Foundation

/// Real bytes that tests copy before they use them.
enum Fixtures {
  /// The shared folder beside the repository, or where `CADUCEUS_SHARED` says.
  static var shared: String {
    ProcessInfo.processInfo.environment["CADUCEUS_SHARED"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../../shared")
      .standardizedFileURL.path
  }

  /// The path of a shared file.
  ///
  /// - Throws: ``FixtureError`` that names the file when it is missing.
  static func path(_ name: String) throws -> String {
    let path = shared + "/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      throw FixtureError("\(path) is missing; set CADUCEUS_SHARED to the folder that holds fixtures/ and tools/")
    }
    return path
  }

  /// Copies a folder below `fixtures/` and makes the copy writable.
  static func copy(_ fixture: String, to folder: String) throws {
    let source = try path("fixtures/" + fixture)
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.copyItem(atPath: source, toPath: folder)
    for name in [""] + (try FileManager.default.subpathsOfDirectory(atPath: folder)) {
      let path = folder + "/" + name
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let mode = (attributes[.posixPermissions] as? Int) ?? 0
      try FileManager.default.setAttributes([.posixPermissions: mode | 0o200], ofItemAtPath: path)
    }
  }

  static func temporaryFolder() throws -> String {
    let path = NSTemporaryDirectory() + "caduceus-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}

/// Something that a test needs is not there.
struct FixtureError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
