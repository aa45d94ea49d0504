import HTTPTypes

/// The first lines of an answer.
struct ResponseHead: Sendable {
  let status: Int
  let fields: HTTPFields

  init(_ bytes: ArraySlice<UInt8>) throws {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw TestClientError("no status line: \(lines.first ?? "")")
    }
    var fields = HTTPFields()
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
        throw TestClientError("no header field: \(line)")
      }
      fields.append(HTTPField(name: name, value: String(line[line.index(after: colon)...].drop { $0 == " " })))
    }
    self.status = status
    self.fields = fields
  }
}

extension TestResponse {
  /// Takes an answer apart that was read to the end of its connection.
  init(raw: [UInt8], isHead: Bool) throws {
    guard let end = raw.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A]) else {
      throw TestClientError("no complete header in \(raw.count) bytes")
    }
    let head = try ResponseHead(raw[..<end.lowerBound])
    var decoder = ChunkDecoder(isChunked: head.fields[.transferEncoding] == "chunked")
    let body = isHead ? [] : decoder.feed(Array(raw[end.upperBound...]))
    if let length = head.fields[.contentLength].flatMap(Int.init), !isHead, length != body.count {
      throw TestClientError("Content-Length is \(length), but \(body.count) bytes came")
    }
    self.init(status: head.status, fields: head.fields, body: body)
  }
}

/// Takes the chunks of a body apart (RFC 9112 section 7.1); passes other bodies on.
struct ChunkDecoder {
  private let isChunked: Bool
  private var pending: [UInt8] = []
  private(set) var isAtEnd = false

  init(isChunked: Bool) {
    self.isChunked = isChunked
  }

  mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
    guard isChunked else { return bytes }
    pending += bytes
    var decoded: [UInt8] = []
    while let line = pending.firstRange(of: [0x0D, 0x0A]) {
      guard let size = Int(String(decoding: pending[..<line.lowerBound], as: UTF8.self), radix: 16) else { break }
      guard pending.count >= line.upperBound + size + 2 else { break }
      decoded += pending[line.upperBound..<line.upperBound + size]
      pending.removeSubrange(..<(line.upperBound + size + 2))
      if size == 0 {
        isAtEnd = true
        break
      }
    }
    return decoded
  }
}
