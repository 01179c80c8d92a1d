/**
 * XML as a stream of elements. The parser is `sax`, which knows XML's five entities and no others, opens nothing, and
 * keeps only the names of what is open; a document type is refused, so nothing is ever expanded.
 */
import sax from 'sax';

export interface XmlHandler {
  /** @param path names of the open elements, the root first, the new one last */
  open(path: readonly string[], attributes: Record<string, string>): void;
  /** @param text what stands directly in the element, without surrounding space */
  close(path: readonly string[], text: string): void;
}

/** Elements within each other beyond which a file is refused. */
const MAX_DEPTH = 100;
/** Characters that are given to the parser at once. */
const PIECE = 65_536;

/**
 * Goes through a document, as far as it is well formed.
 * @throws Error in a few words where it is not; what came before has been handed over
 */
export function readXml(text: string, handler: XmlHandler): void {
  // Without it sax would know HTML's entities too; its published types do not name it.
  const options: sax.SAXOptions & { strictEntities: boolean } = { strictEntities: true };
  const parser = sax.parser(true, options);
  const path: string[] = [];
  const texts: string[] = [];
  parser.onerror = (error) => {
    throw new Error(error.message.replaceAll('\n', ', ').toLowerCase());
  };
  parser.ondoctype = () => {
    throw new Error('it has a document type, which is not read');
  };
  parser.onopentag = ({ name, attributes }) => {
    path.push(name);
    texts.push('');
    if (path.length > MAX_DEPTH) throw new Error('its elements lie too deep');
    handler.open(path, Object.assign(Object.create(null), attributes) as Record<string, string>);
  };
  parser.ontext = parser.oncdata = (piece) => {
    if (texts.length > 0) texts[texts.length - 1] += piece;
  };
  parser.onclosetag = () => {
    handler.close(path, texts.pop()!.trim());
    path.pop();
  };
  for (let at = 0; at < text.length; at += PIECE) parser.write(text.slice(at, at + PIECE));
  parser.close();
}
