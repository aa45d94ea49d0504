import Foundation

/// A source file of this repository.
struct SourceFile: Sendable {
  /// The path from the repository's folder.
  let name: String
  let lines: [Substring]

  /// The repository's folder.
  static var repository: String {
    URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardizedFileURL.path
  }

  /// All Swift files below a folder.
  ///
  /// - Throws: ``FixtureError`` when there is none.
  static func all(in folder: String) throws -> [SourceFile] {
    let root = repository + "/" + folder
    guard let names = FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) else {
      throw FixtureError("\(root) cannot be read")
    }
    let files = try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOfFile: root + "/" + name, encoding: .utf8)
      return SourceFile(
        name: folder + "/" + name, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
    guard !files.isEmpty else { throw FixtureError("\(root) has no Swift file") }
    return files
  }

  /// The modules that it imports.
  var imports: [String] {
    lines.compactMap { line in
      let pattern =
        /^(?:@[A-Za-z_()]+ )*(?:public |package |internal |fileprivate |private )?import (?:(?:struct|class|enum|protocol|func|typealias|let|var) )?([A-Za-z_0-9]+)/
      return line.prefixMatch(of: pattern).map { String($0.1) }
    }
  }
}
