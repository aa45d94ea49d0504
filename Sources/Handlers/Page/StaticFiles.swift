import Foundation
import HTTPTypes
import JSON
public import Logging
public import Pipeline

/// `GET /static/...`: the page's files and the libraries that it uses, from memory (wire-platform 6.5).
///
/// All files are read once, at the start. A path is looked up in a dictionary, so no path reaches the file system.
public struct StaticFiles: Handler {
  private struct Entry: Sendable {
    let bytes: SharedBytes
    let type: String
    let tag: String
  }

  /// A file from elsewhere that is served under `vendor/`.
  public struct Library: Sendable {
    /// Its name under `vendor/`.
    public let name: String
    /// Where it may be; the first that exists counts.
    public let candidates: [String]

    /// A library.
    public init(_ name: String, at candidates: String...) {
      self.name = name
      self.candidates = candidates
    }
  }

  private let entries: [String: Entry]

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - folder: The page's files.
  ///   - libraries: Files of packages of the system. One that is missing is logged; the page works without.
  ///   - logger: Hears what is missing.
  /// - Throws: When the folder cannot be read.
  public init(folder: String, libraries: [Library], logger: Logger) throws {
    var entries: [String: Entry] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      let path = folder + "/" + name
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
      entries[name] = try StaticFiles.entry(path)
    }
    for library in libraries {
      guard let path = library.candidates.first(where: { FileManager.default.isReadableFile(atPath: $0) }) else {
        logger.warning(
          "a library of the page is not installed; text is shown without it", metadata: ["library": "\(library.name)"])
        continue
      }
      entries["vendor/" + library.name] = try StaticFiles.entry(path)
    }
    self.entries = entries
  }

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("A file of the page", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    guard let name = request.parameters["path"], let entry = entries[name] else { throw HTTPError.notFound }
    let isVersioned = request.query["v"] != nil
    let fields: HTTPFields = [
      .eTag: entry.tag,
      // Modules import each other without a version; a browser has to ask whether they are still the same.
      .cacheControl: isVersioned ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    if request.header(.ifNoneMatch) == entry.tag { return Response(status: .notModified, fields: fields) }
    var response = Response(fields: fields, body: .shared(entry.bytes))
    response.fields[.contentType] = entry.type
    return response
  }

  private static func entry(_ path: String) throws -> Entry {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let tag = "W/\"\(String(bytes.count, radix: 16))-\(String(UInt64(max(0, modified) * 1_000_000_000), radix: 16))\""
    return Entry(bytes: SharedBytes(bytes), type: type(of: path), tag: tag)
  }

  private static func type(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "js": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "html": "text/html; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    default: "text/plain; charset=utf-8"
    }
  }
}
