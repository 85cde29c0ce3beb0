import { setPalette } from './palette.ts';
import { STYLE_SIZE, styleIndex, type StyleParameter } from './style.ts';

/** What a word says about a picture. What it leaves open stays zero. */
export interface KnownStyle {
  /** Four colours, dark to light, that the tones of the picture become. */
  readonly palette?: readonly [string, string, string, string];
  readonly technique?: Partial<Record<StyleParameter, number>>;
  /** How little the rest of the prompt may change its colours: 0 freely, 1 hardly; 0.5 if left out. */
  readonly fidelity?: number;
  /** Its weight beside other known words of a prompt, as a power of e; 0 if left out. */
  readonly salience?: number;
}

const GREYS = ['#141414', '#565656', '#a6a6a6', '#f0f0f0'] as const;

const colour = (a: string, b: string, c: string, d: string, keep = -1): KnownStyle => ({
  palette: [a, b, c, d],
  technique: { 'colour.keep': keep },
  fidelity: 0.8,
});

/** The words that mean something to the pocket editor. Every other word only stirs the mixing. */
export const knownStyles: Readonly<Record<string, KnownStyle>> = {
  oil: {
    palette: ['#24160e', '#6a4a2c', '#b89a5c', '#f4e6b8'],
    technique: { 'detail.fine': -1.2, 'detail.middle': 2, 'colour.keep': 1.4, 'stroke.axis': 1 },
  },
  pastel: {
    palette: ['#70648c', '#b08ca8', '#e4c0bc', '#fdf2e0'],
    technique: { 'detail.fine': -1, 'detail.middle': -0.4, ink: 0.8, 'contour.strength': -0.8 },
  },
  watercolor: {
    palette: ['#4c6c90', '#8cb4cc', '#c8e0e0', '#fcfcf6'],
    technique: {
      'detail.fine': -2,
      'detail.middle': -1,
      'contour.strength': 1.2,
      'colour.keep': 0.8,
    },
    fidelity: 0.7,
  },
  gouache: {
    palette: ['#2c3858', '#8c6470', '#d8ac80', '#f8ecd4'],
    technique: { 'detail.fine': -1.6, 'ripple.sine': 1.4, 'colour.keep': 0.6 },
  },
  acrylic: {
    palette: ['#1c1850', '#b02c50', '#f08c28', '#fcf06c'],
    technique: { 'detail.middle': 1.4, 'detail.fine': -0.8, 'colour.keep': 1 },
  },
  fresco: {
    palette: ['#5c3c30', '#a07858', '#d4b490', '#f0e0c8'],
    technique: { 'detail.fine': 0.6, ink: 1, 'colour.keep': 0 },
  },
  impressionist: {
    palette: ['#2c3c70', '#5c84a0', '#b4bc8c', '#fce8b4'],
    technique: { 'stroke.diagonal': 1.8, 'detail.middle': 1.6, 'colour.keep': 1.2 },
  },
  ukiyo: {
    palette: ['#142444', '#38688c', '#d0bc94', '#f8ecd0'],
    technique: { 'contour.strength': 2.4, 'detail.fine': -1.4, 'ripple.cosine': -1.4 },
    fidelity: 0.8,
    salience: 0.6,
  },
  woodcut: {
    palette: ['#100c08', '#3c2c1c', '#dcc8a0', '#f4e8cc'],
    technique: { 'contour.strength': 2.4, 'colour.keep': -2, 'stroke.axis': 1.6, ink: 1.4 },
    fidelity: 1,
  },
  linocut: {
    palette: ['#0c1410', '#1c3830', '#d8e0c8', '#f8f8e8'],
    technique: { 'contour.strength': 2, 'colour.keep': -2, 'ripple.sine': 1.6 },
    fidelity: 1,
  },
  engraving: {
    palette: ['#1c1a14', '#5c5848', '#bcb498', '#f4ecd4'],
    technique: { 'stroke.diagonal': 2, 'detail.fine': 1.6, ink: 2, 'colour.keep': -2.4 },
    fidelity: 1,
  },
  etching: {
    palette: ['#201c18', '#605850', '#b8b0a4', '#f4f0e4'],
    technique: { 'stroke.diagonal': -2, 'detail.fine': 1.6, ink: 2, 'colour.keep': -2.4 },
    fidelity: 1,
  },
  charcoal: {
    palette: ['#0c0c0c', '#3c3a38', '#a8a4a0', '#f0eeea'],
    technique: { 'colour.keep': -2.6, 'contour.strength': 1.8, 'detail.middle': 1, ink: 1.4 },
    fidelity: 1,
  },
  pencil: {
    palette: ['#484848', '#9c9c9c', '#dcdcdc', '#fcfcfc'],
    technique: { 'colour.keep': -2.4, 'contour.strength': 2.2, 'detail.fine': 1, ink: 1 },
    fidelity: 1,
  },
  sketch: {
    palette: ['#5c5a58', '#b0aeaa', '#e8e6e2', '#fefefc'],
    technique: { 'colour.keep': -2.2, 'contour.strength': 3, 'detail.fine': 0.6 },
    fidelity: 1,
  },
  ink: {
    palette: ['#06060c', '#282838', '#d4d4d8', '#fefefe'],
    technique: { 'colour.keep': -2.6, 'contour.strength': 2, 'detail.fine': -0.8 },
    fidelity: 1,
  },
  sumi: {
    palette: ['#101014', '#5c5c60', '#c4c4c0', '#f8f6ec'],
    technique: {
      'colour.keep': -2.6,
      'detail.fine': -2,
      'detail.middle': -1,
      'contour.strength': 1,
    },
    fidelity: 1,
  },
  chalk: {
    palette: ['#1c2c28', '#34504a', '#88a49c', '#fafcf8'],
    technique: { 'colour.keep': -0.6, 'contour.strength': -2.4, ink: 1.6, 'detail.fine': 0.8 },
  },
  crayon: {
    palette: ['#2c2ca0', '#d8344c', '#f8b824', '#fef8c4'],
    technique: { 'colour.keep': 1.2, 'stroke.diagonal': 1.6, ink: 1.4, 'detail.fine': 0.6 },
  },
  comic: {
    palette: ['#101024', '#a02830', '#f0b848', '#fef8e4'],
    technique: {
      'contour.strength': 2.6,
      'ripple.cosine': -1.6,
      'detail.fine': -1.2,
      'colour.keep': 1.6,
    },
    fidelity: 0.7,
  },
  cartoon: {
    palette: ['#20305c', '#4088c8', '#f0c478', '#fefae8'],
    technique: {
      'contour.strength': 2.4,
      'detail.fine': -1.8,
      'ripple.sine': 1.4,
      'colour.keep': 1.6,
    },
  },
  anime: {
    palette: ['#282c58', '#7c7cb4', '#f0c4b8', '#fef8f4'],
    technique: { 'contour.strength': 1.6, 'detail.fine': -1.6, 'colour.keep': 1.4 },
  },
  manga: {
    palette: ['#080808', '#505050', '#dcdcdc', '#fefefe'],
    technique: { 'contour.strength': 2.4, 'colour.keep': -2.6, 'ripple.cosine': -1.4 },
    fidelity: 1,
  },
  pop: {
    palette: ['#30107c', '#e81c78', '#f8d020', '#f4fca0'],
    technique: {
      'ripple.cosine': -1.8,
      'contour.strength': 1.4,
      'detail.fine': -1.4,
      'colour.keep': 0.6,
    },
    fidelity: 0.7,
    salience: 0.8,
  },
  art: { technique: { 'detail.middle': 0.6 }, fidelity: 0, salience: -1.5 },
  deco: {
    palette: ['#0c1420', '#20504c', '#c49c48', '#f8ecc8'],
    technique: { 'contour.strength': 1.4, 'contour.warmth': 1.6, 'detail.fine': -1 },
  },
  neon: {
    palette: ['#08041c', '#300c6c', '#d41ca4', '#50f4f8'],
    technique: { 'contour.strength': -2.8, 'contour.warmth': -1, 'colour.keep': 0.8 },
    fidelity: 0.8,
    salience: 0.4,
  },
  cyberpunk: {
    palette: ['#080c28', '#1c2c80', '#c42c9c', '#54f0f0'],
    technique: { 'contour.strength': -1.8, 'detail.middle': 1, 'colour.keep': 0.4 },
  },
  steampunk: {
    palette: ['#1c1008', '#64401c', '#b48448', '#f0d8a0'],
    technique: { 'detail.fine': 1.2, 'detail.middle': 1.2, 'emboss.x': 1, 'colour.keep': -0.6 },
  },
  vaporwave: {
    palette: ['#241458', '#8c3cac', '#fc88c4', '#90f4f4'],
    technique: { 'detail.fine': -0.8, 'colour.keep': -0.4 },
    fidelity: 0.7,
  },
  psychedelic: {
    palette: ['#5c0c8c', '#20b45c', '#f85c1c', '#f4f430'],
    technique: { 'ripple.cosine': 2, 'ripple.sine': 1.4, 'colour.keep': 1.4, 'colour.turn': 1.8 },
  },
  sepia: {
    palette: ['#2c1a0c', '#74502c', '#bc9868', '#f6e8cc'],
    technique: { 'colour.keep': -2.6, 'detail.fine': -0.4 },
    fidelity: 1,
    salience: 0.4,
  },
  vintage: {
    palette: ['#3c2c34', '#7c6858', '#c4b08c', '#f4e8c4'],
    technique: { 'colour.keep': 0, 'detail.fine': -0.6 },
  },
  retro: {
    palette: ['#30284c', '#b05840', '#e4b060', '#f8ecc0'],
    technique: { 'colour.keep': 0.4, 'ripple.sine': 1 },
  },
  noir: {
    palette: ['#040406', '#1c1c22', '#74747c', '#f0f0f4'],
    technique: { 'colour.keep': -2.6, 'detail.middle': 1.4 },
    fidelity: 1,
  },
  monochrome: { palette: GREYS, technique: { 'colour.keep': -2.8 }, fidelity: 1 },
  grayscale: { palette: GREYS, technique: { 'colour.keep': -2.8 }, fidelity: 1 },
  cyanotype: {
    palette: ['#061440', '#1c4c90', '#84b4dc', '#f0f8fc'],
    technique: { 'colour.keep': -2.6 },
    fidelity: 1,
    salience: 0.4,
  },
  blueprint: {
    palette: ['#0c3078', '#18489c', '#2c60b4', '#6c98d8'],
    technique: { 'colour.keep': -2.6, 'contour.strength': -3 },
    fidelity: 1,
    salience: 0.4,
  },
  infrared: {
    palette: ['#200838', '#a01860', '#f47040', '#fcf4b0'],
    technique: { 'colour.keep': -1.4, 'detail.fine': -0.6 },
    fidelity: 0.8,
  },
  thermal: {
    palette: ['#0c0c70', '#9c1c90', '#f06424', '#fcfc8c'],
    technique: { 'colour.keep': -2.4, 'detail.fine': -1.4 },
    fidelity: 0.9,
  },
  mosaic: {
    palette: ['#143c50', '#2c8c8c', '#d8b060', '#f8f0d0'],
    technique: { 'ripple.cosine': 1.8, 'detail.fine': 1.4, 'contour.strength': -1.4, ink: 1.2 },
  },
  stained: {
    palette: ['#0c0818', '#20389c', '#d03838', '#fce060'],
    technique: { 'contour.strength': 3, 'detail.fine': -1.4, 'colour.keep': 1.4 },
  },
  glass: {
    palette: ['#0c3048', '#3c88a0', '#a8dcd8', '#f4fcfc'],
    technique: { 'detail.fine': -1.2, 'contour.strength': -1.4 },
    salience: -0.5,
  },
  cubist: {
    palette: ['#282420', '#6c6450', '#b49c70', '#e8dcb8'],
    technique: { 'stroke.diagonal': 2.2, 'detail.middle': 1.6, 'contour.strength': 1.2 },
  },
  surreal: {
    palette: ['#1c2c4c', '#2c8070', '#e89858', '#fce4bc'],
    technique: { 'colour.turn': 2, 'detail.middle': 1 },
  },
  gothic: {
    palette: ['#08060c', '#2c2034', '#706074', '#d0c4d0'],
    technique: { 'detail.middle': 1.2, 'colour.keep': -0.6, 'contour.strength': 1 },
  },
  baroque: {
    palette: ['#0c0806', '#4c2814', '#b07c38', '#fce8b0'],
    technique: { 'detail.middle': 1.8, 'colour.keep': 0.6 },
  },
  tapestry: {
    palette: ['#34202c', '#7c3838', '#b49050', '#e8d8ac'],
    technique: { 'stroke.axis': -2, ink: 1.4, 'detail.fine': 0.8 },
  },
  embroidery: {
    palette: ['#3c1c54', '#b43458', '#e4ac84', '#faf0e4'],
    technique: { 'stroke.axis': -1.6, ink: 1.6, 'emboss.y': 1.2, 'detail.fine': 1 },
  },
  marble: {
    palette: ['#686c74', '#a0a4a8', '#d0d0d0', '#f8f8f8'],
    technique: { 'colour.keep': -2.4, 'emboss.x': 1.8, 'emboss.y': 1.2, 'detail.fine': -1 },
    fidelity: 1,
  },
  stone: {
    palette: ['#3c3a36', '#706c64', '#a09a8c', '#d4cebc'],
    technique: { 'colour.keep': -2, 'emboss.x': 1.8, 'emboss.y': -1.4, ink: 1 },
    fidelity: 1,
  },
  bronze: {
    palette: ['#1c1208', '#6c481c', '#b88440', '#f8dc98'],
    technique: { 'colour.keep': -2.4, 'emboss.x': 2, 'detail.middle': 1.4 },
    fidelity: 1,
  },
  clay: {
    palette: ['#4c2418', '#94503c', '#c88464', '#ecc4a4'],
    technique: { 'colour.keep': -2, 'emboss.y': 2, 'detail.fine': -1.4 },
  },
  wooden: {
    palette: ['#2c180c', '#704424', '#b07c48', '#e4c08c'],
    technique: { 'colour.keep': -1.8, 'stroke.axis': 2.2, 'emboss.y': 1 },
  },
  poster: {
    palette: ['#18284c', '#c03830', '#f0a848', '#fcf0d4'],
    technique: { 'ripple.cosine': -1.8, 'detail.fine': -1.8, 'colour.keep': -0.4 },
  },
  pixel: {
    palette: ['#102038', '#3c7858', '#c8b05c', '#f4f4dc'],
    technique: { 'ripple.sine': -2, 'detail.fine': 1.8, ink: 1.8, 'colour.keep': 1 },
  },
  red: colour('#30040a', '#98141c', '#e85844', '#fcd8c8'),
  orange: colour('#381404', '#a84808', '#f49034', '#fce8c4'),
  yellow: colour('#382c04', '#a08010', '#f0d02c', '#fcfac0'),
  green: colour('#04200c', '#186430', '#64b854', '#dcf8c8'),
  blue: colour('#040c38', '#1c409c', '#6098e4', '#d8ecfc'),
  purple: colour('#180630', '#581c94', '#a868dc', '#ecd8fc'),
  pink: colour('#4c1030', '#c0407c', '#f498bc', '#fce4ec'),
  teal: colour('#042428', '#107078', '#54bcb8', '#d8f8f4'),
  brown: colour('#201008', '#60381c', '#a87c54', '#e8d4b8'),
  golden: colour('#2c1c04', '#90681c', '#e0b040', '#fcf0b0'),
  silver: colour('#20242c', '#68707c', '#b0b8c4', '#f4f8fc', -2.4),
  dark: { palette: ['#04040a', '#1c1c28', '#505060', '#a0a0b0'], technique: { 'colour.keep': 0 } },
  bright: {
    palette: ['#484438', '#98947c', '#e0dcb8', '#fefefa'],
    technique: { 'colour.keep': 1.4 },
  },
  vivid: { technique: { 'colour.keep': 2.4, 'detail.middle': 1.4 } },
  faded: {
    palette: ['#585450', '#8c8880', '#bcb8ac', '#e4e0d4'],
    technique: { 'colour.keep': -0.6 },
  },
  winter: colour('#1c2c44', '#6084a8', '#b8d0e4', '#fafcfe', -0.4),
  autumn: colour('#2c1408', '#8c3c14', '#dc8830', '#f8e0a0', 0),
  spring: colour('#1c4028', '#5ca050', '#f0a8c0', '#fcfadc', 0.4),
  summer: colour('#0c4060', '#30a0a0', '#f8d458', '#fefce0', 0.6),
  sunset: colour('#2c1048', '#a42c5c', '#f48044', '#fcdc80', -0.6),
  night: colour('#02041c', '#101c54', '#3c5898', '#b0c8f0', -1),
  fire: colour('#200400', '#a01c04', '#f47810', '#fcf080', -1),
  ice: colour('#103c60', '#4c98c4', '#a8e0f4', '#f8fefe', -1.4),
  smooth: { technique: { 'detail.fine': -2.4, 'detail.middle': -1.4, ink: -1 } },
  sharp: { technique: { 'detail.fine': 2.4, 'detail.middle': 1.6 } },
  glowing: { technique: { 'contour.strength': -2.6, 'contour.warmth': 1.6, 'detail.fine': -1 } },
};

/** The other words for a known style. */
export const synonyms: Readonly<Record<string, string>> = {
  watercolour: 'watercolor',
  impressionism: 'impressionist',
  cubism: 'cubist',
  surrealism: 'surreal',
  surrealist: 'surreal',
  woodblock: 'woodcut',
  lithograph: 'etching',
  greyscale: 'grayscale',
  xray: 'infrared',
  gold: 'golden',
  violet: 'purple',
  turquoise: 'teal',
  scarlet: 'red',
  crimson: 'red',
  azure: 'blue',
  navy: 'blue',
  emerald: 'green',
  screenprint: 'pop',
  silkscreen: 'pop',
  antique: 'vintage',
  synthwave: 'vaporwave',
  wood: 'wooden',
  snow: 'winter',
  quilt: 'embroidery',
};

/** The style vector of a known style, `[STYLE_SIZE]`. */
export function styleVector({ palette, technique = {} }: KnownStyle): Float32Array {
  const style = new Float32Array(STYLE_SIZE);
  if (palette) setPalette(style, palette);
  for (const [name, value] of Object.entries(technique)) {
    style[styleIndex(name as StyleParameter)] = value;
  }
  return style;
}
