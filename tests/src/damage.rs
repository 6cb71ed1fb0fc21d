//! The damage laboratory: what happens to a printed QR symbol between the printer and the clinic's camera.
//!
//! A symbol is printed at [`PRINT_PIXELS`] a module on paper with a margin, the paper is damaged, a camera takes a
//! picture, and the picture is read twice: by one bare call of the reading library and by all attempts of `sanad-qr`.
//! Everything follows from the symbol, the kind of damage, its severity and a seed: the same four give the same
//! picture on every machine. The models are simple on purpose; they are for comparing levels, versions and
//! reading attempts with each other, and say little about the share of real cards that read.

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, ExtendedColorType};
use rxing::common::HybridBinarizer;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BinaryBitmap, Luma8Source, Reader};
use sanad_qr::{Encoder, Level, Luma, Module, QUIET_ZONE, Reading, Symbol, draw_at_level, read_luma};
use std::fmt::Write;

/// What is done to a print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One crease across the symbol: ink flaked off along it, the panels apart by a little, one of them tilted.
    Fold,
    /// A spill that darkens the paper, darker at its edge.
    Stain,
    /// A lens out of focus, or a hand that moved.
    Blur,
    /// Few pixels a module: photographed from afar, or sent through a messenger.
    LowResolution,
    /// Turned in the picture.
    Rotation,
    /// Photographed from the side.
    Perspective,
    /// A gradient, the shadow of a hand, the glare of a lamp.
    UnevenLight,
    /// Compressed hard.
    Jpeg,
    /// A sensor in the dark.
    Noise,
    /// A corner of the paper is gone. The seed chooses which; three of the four hold a finder pattern.
    TornCorner,
    /// Two creases at right angles, turned, from the side, in uneven light, blurred, noisy and compressed.
    FoldedCard,
}

/// How badly, from what every reader should read to what few do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// A card in use.
    Slight,
    /// A card in a pocket.
    Moderate,
    /// A card through the rain.
    Heavy,
    /// A card that should be replaced.
    Severe,
}

/// All kinds, in the order of the table.
pub const DAMAGES: [Damage; 11] = [
    Damage::Fold,
    Damage::Stain,
    Damage::Blur,
    Damage::LowResolution,
    Damage::Rotation,
    Damage::Perspective,
    Damage::UnevenLight,
    Damage::Jpeg,
    Damage::Noise,
    Damage::TornCorner,
    Damage::FoldedCard,
];

/// All severities, the least first.
pub const SEVERITIES: [Severity; 4] =
    [Severity::Slight, Severity::Moderate, Severity::Heavy, Severity::Severe];

/// Characters of the texts of the matrix: level Q gives versions 14, 16 and 20.
pub const TEXT_CHARACTERS: [usize; 3] = [375, 460, 700];

/// A text of a length in the alphabet of Sanad QR texts, with runs of spaces in it.
pub fn text_of(characters: usize) -> String {
    let alphabet: Vec<char> = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars().collect();
    let mut random = Random::of(characters as u64);
    let mut text = String::from("SND1:");
    while text.len() < characters {
        match random.below(40) {
            0 => text.push_str("  "),
            _ => text.push(alphabet[random.below(45) as usize]),
        }
    }
    text.truncate(characters);
    text
}

/// The camera's picture of a damaged print.
pub fn photograph(symbol: &Symbol, damage: Damage, severity: Severity, seed: u64) -> Luma {
    let mut random = Random::of(seed ^ ((damage as u64) << 32) ^ ((severity as u64) << 40));
    let paper = Picture::printed(symbol);
    let steady = Camera::steady();
    let photo = match damage {
        Damage::Fold => {
            folded(&paper, severity, Crease::random(&mut random), &mut random).taken(&steady, &mut random)
        }
        Damage::Stain => stained(&paper, severity, &mut random).taken(&steady, &mut random),
        Damage::Blur => {
            let sigma = by(severity, [1.2, 1.7, 2.2, 2.7]);
            paper.taken(&Camera { blur_pixels: sigma, ..steady }, &mut random)
        }
        Damage::LowResolution => {
            let module_pixels = by(severity, [2.4, 1.9, 1.6, 1.45]);
            paper.taken(&Camera { module_pixels, ..steady }, &mut random)
        }
        Damage::Rotation => {
            let degrees = by(severity, [4.0, 12.0, 25.0, 45.0]) * random.between(0.9, 1.1);
            paper.taken(&Camera { turned_degrees: degrees * random.sign(), ..steady }, &mut random)
        }
        Damage::Perspective => {
            let degrees = by(severity, [15.0, 30.0, 42.0, 52.0]) * random.between(0.9, 1.1);
            let toward_degrees = random.between(0.0, 360.0);
            paper.taken(&Camera { tilted_degrees: degrees, toward_degrees, ..steady }, &mut random)
        }
        Damage::UnevenLight => {
            let unevenness = by(severity, [0.35, 0.6, 0.8, 0.92]);
            paper.taken(&Camera { unevenness, ..steady }, &mut random)
        }
        Damage::Jpeg => {
            paper.taken(&Camera { jpeg_quality: by(severity, [35, 18, 9, 5]), ..steady }, &mut random)
        }
        Damage::Noise => {
            paper.taken(&Camera { noise: by(severity, [20.0, 45.0, 70.0, 95.0]), ..steady }, &mut random)
        }
        Damage::TornCorner => torn(&paper, severity, seed, &mut random).taken(&steady, &mut random),
        Damage::FoldedCard => {
            let first = Crease::random(&mut random);
            let second = Crease { degrees: first.degrees + 90.0, at: random.between(0.35, 0.65) };
            let folded = folded(&folded(&paper, severity, first, &mut random), severity, second, &mut random);
            let camera = Camera {
                module_pixels: by(severity, [4.0, 3.8, 3.6, 3.3]),
                turned_degrees: by(severity, [3.0, 7.0, 12.0, 20.0]) * random.sign(),
                tilted_degrees: by(severity, [8.0, 14.0, 20.0, 26.0]),
                toward_degrees: random.between(0.0, 360.0),
                unevenness: by(severity, [0.2, 0.3, 0.4, 0.5]),
                blur_pixels: by(severity, [0.7, 0.85, 1.0, 1.15]),
                noise: by(severity, [5.0, 7.0, 10.0, 13.0]),
                jpeg_quality: by(severity, [80, 65, 50, 35]),
            };
            folded.taken(&camera, &mut random)
        }
    };
    photo.into_luma()
}

/// What one bare call of the reading library reads: its hybrid binarizer and its best QR reader.
pub fn read_bare(picture: &Luma) -> Option<String> {
    let source = Luma8Source::new_with_slice(picture.pixels(), picture.width(), picture.height()).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    QrReader.decode(&mut bitmap).ok().map(|read| read.getText().to_owned())
}

/// Pictures that were read, of all that were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Read by one bare call.
    pub bare: usize,
    /// Read by all attempts.
    pub attempts: usize,
    /// Read, but not to the text that was printed. Must be 0.
    pub wrong: usize,
    /// Taken.
    pub taken: usize,
}

/// Takes and reads the pictures of one cell of the table.
pub fn tally(symbols: &[(Symbol, String)], damage: Damage, severity: Severity, seeds: u64) -> Tally {
    let mut tally = Tally::default();
    for (symbol, text) in symbols {
        for seed in 0..seeds {
            let picture = photograph(symbol, damage, severity, seed);
            let bare = read_bare(&picture);
            let attempts =
                read_luma(&picture).ok().and_then(|read| read.into_iter().next()).map(Reading::into_text);
            tally.taken += 1;
            tally.bare += usize::from(bare.as_ref() == Some(text));
            tally.attempts += usize::from(attempts.as_ref() == Some(text));
            tally.wrong += usize::from(attempts.is_some_and(|read| read != *text));
        }
    }
    tally
}

/// The symbols of the matrix at a level.
pub fn symbols(level: Level) -> Vec<(Symbol, String)> {
    let symbol = |characters: &usize| {
        let text = text_of(*characters);
        (draw_at_level(&text, level, Encoder::Bulk).unwrap(), text)
    };
    TEXT_CHARACTERS.iter().map(symbol).collect()
}

/// The table as Markdown: every kind and severity, then the fold by error correction level.
pub fn table(seeds: u64) -> String {
    let mut table =
        String::from("| damage | reader | slight | moderate | heavy | severe |\n|---|---|---|---|---|---|\n");
    let quartile = symbols(Level::Quartile);
    for damage in DAMAGES {
        let row = SEVERITIES.map(|severity| tally(&quartile, damage, severity, seeds));
        write_row(&mut table, &format!("{damage:?}"), &row);
    }
    table.push_str(
        "\n| fold, by level | reader | slight | moderate | heavy | severe |\n|---|---|---|---|---|---|\n",
    );
    for level in [Level::Medium, Level::Quartile, Level::High] {
        let symbols = symbols(level);
        let row = SEVERITIES.map(|severity| tally(&symbols, Damage::Fold, severity, seeds));
        write_row(&mut table, &format!("level {level}"), &row);
    }
    table
}

fn write_row(table: &mut String, name: &str, row: &[Tally; 4]) {
    for (name, reader, count) in [
        (name, "bare call", (|cell| cell.bare) as fn(&Tally) -> usize),
        ("", "all attempts", |cell| cell.attempts),
    ] {
        let cells: Vec<String> = row.iter().map(|cell| format!("{}/{}", count(cell), cell.taken)).collect();
        writeln!(table, "| {name} | {reader} | {} |", cells.join(" | ")).unwrap();
    }
}

fn add_scaled(sum: &mut [f32], row: &[f32], weight: f32) {
    for (sum, value) in sum.iter_mut().zip(row) {
        *sum += weight * value;
    }
}

fn by<T: Copy>(severity: Severity, values: [T; 4]) -> T {
    values[severity as usize]
}

/// A grey picture in the linear numbers of the models.
struct Picture {
    width: usize,
    height: usize,
    /// 0 is black, 255 is white.
    pixels: Vec<f32>,
}

impl Picture {
    /// Black ink on office paper, with a margin, [`PRINT_PIXELS`] a module.
    fn printed(symbol: &Symbol) -> Self {
        let modules = usize::from(symbol.side() + 2 * QUIET_ZONE + 2 * MARGIN);
        let side = modules * PRINT_PIXELS;
        let border = usize::from(QUIET_ZONE + MARGIN);
        Self::by_pixel(side, side, |x, y| {
            let module = |at: usize| (at / PRINT_PIXELS).checked_sub(border).map(|at| at as u16);
            match (module(x), module(y)) {
                (Some(column), Some(row)) if symbol.module(column, row) == Module::Dark => INK,
                _ => PAPER,
            }
        })
    }

    fn by_pixel(width: usize, height: usize, pixel: impl Fn(usize, usize) -> f32) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, pixels: pixels.map(|(x, y)| pixel(x, y)).collect() }
    }

    /// The shade at a point between pixels; outside is the table the paper lies on.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let shade = |dx: f32, dy: f32| {
            let (x, y) = (left + dx, top + dy);
            if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= self.height as f32 {
                return TABLE;
            }
            self.pixels[y as usize * self.width + x as usize]
        };
        let (right, low) = (x - left, y - top);
        let upper = shade(0.0, 0.0) * (1.0 - right) + shade(1.0, 0.0) * right;
        let lower = shade(0.0, 1.0) * (1.0 - right) + shade(1.0, 1.0) * right;
        upper * (1.0 - low) + lower * low
    }

    fn blurred(&self, sigma: f32) -> Self {
        let reach = (sigma * 3.0).ceil() as isize;
        let weights: Vec<f32> =
            (-reach..=reach).map(|at| (-(at * at) as f32 / (2.0 * sigma * sigma)).exp()).collect();
        let total: f32 = weights.iter().sum();
        let reach = reach as usize;
        let across = self.pixels.chunks_exact(self.width).flat_map(|row| {
            let first = std::iter::repeat_n(row[0], reach);
            let last = std::iter::repeat_n(row[self.width - 1], reach);
            let padded: Vec<f32> = first.chain(row.iter().copied()).chain(last).collect();
            let mut smooth = vec![0.0; self.width];
            for (at, weight) in weights.iter().enumerate() {
                add_scaled(&mut smooth, &padded[at..at + self.width], weight / total);
            }
            smooth
        });
        let across: Vec<f32> = across.collect();
        let mut pixels = vec![0.0; self.pixels.len()];
        for (y, smooth) in pixels.chunks_exact_mut(self.width).enumerate() {
            for (at, weight) in weights.iter().enumerate() {
                let y = (y + at).saturating_sub(reach).min(self.height - 1);
                add_scaled(smooth, &across[y * self.width..(y + 1) * self.width], weight / total);
            }
        }
        Self { pixels, ..*self }
    }

    /// What the camera makes of it.
    fn taken(&self, camera: &Camera, random: &mut Random) -> Self {
        let reduction = PRINT_PIXELS as f32 / camera.module_pixels;
        // The lens and the sensor's cells average what falls on one pixel.
        let source = if reduction > 1.0 { self.blurred(reduction * 0.42) } else { self.blurred(0.5) };
        let (cos, sin) = (camera.turned_degrees.to_radians().cos(), camera.turned_degrees.to_radians().sin());
        let tilt = camera.tilted_degrees.to_radians();
        let (toward_x, toward_y) =
            (camera.toward_degrees.to_radians().cos(), camera.toward_degrees.to_radians().sin());
        let half = self.width as f32 / 2.0;
        let distance = self.width as f32 * 2.2;
        let side = (self.width as f32 / reduction * (cos.abs() + sin.abs())).ceil() as usize;
        let centre = side as f32 / 2.0;
        let phase = (random.between(0.0, 1.0), random.between(0.0, 1.0));
        let mut photo = Self::by_pixel(side, side, |x, y| {
            let (x, y) =
                ((x as f32 - centre + phase.0) * reduction, (y as f32 - centre + phase.1) * reduction);
            // Back through the lens onto the tilted paper: a ray through the picture plane meets it at this depth.
            let along = x * toward_x + y * toward_y;
            let across = y * toward_x - x * toward_y;
            let depth = distance * tilt.cos() / (tilt.cos() - along / distance * tilt.sin());
            let (along, across) = (along / tilt.cos() * depth / distance, across * depth / distance);
            let (x, y) = (along * toward_x - across * toward_y, along * toward_y + across * toward_x);
            source.at(half + x * cos + y * sin, half - x * sin + y * cos)
        });
        if camera.unevenness > 0.0 {
            photo = photo.unevenly_lit(camera.unevenness, random);
        }
        photo = photo.blurred(camera.blur_pixels);
        for pixel in &mut photo.pixels {
            *pixel = (*pixel + random.gaussian() * camera.noise).clamp(0.0, 255.0);
        }
        photo.compressed(camera.jpeg_quality)
    }

    /// A gradient, a shadow with a soft edge, and a glare.
    fn unevenly_lit(&self, unevenness: f32, random: &mut Random) -> Self {
        let side = self.width as f32;
        let direction = random.between(0.0, std::f32::consts::TAU);
        let (dx, dy) = (direction.cos(), direction.sin());
        let shadow_at = random.between(-0.15, 0.15);
        let glare = (random.between(0.3, 0.7), random.between(0.3, 0.7));
        Self::by_pixel(self.width, self.height, |x, y| {
            let (u, v) = (x as f32 / side, y as f32 / side);
            let along = (u - 0.5) * dx + (v - 0.5) * dy;
            let gradient = 1.0 - unevenness * 0.6 * (along + 0.7).clamp(0.0, 1.4) / 1.4;
            let shadow = 1.0 - unevenness * 0.7 / (1.0 + (-(along - shadow_at) * 60.0).exp());
            let from_glare = ((u - glare.0).powi(2) + (v - glare.1).powi(2)) / 0.006;
            let glare = 190.0 * unevenness * (-from_glare).exp();
            self.pixels[y * self.width + x] * gradient * shadow + glare
        })
    }

    fn compressed(&self, quality: u8) -> Self {
        let bytes: Vec<u8> = self.pixels.iter().map(|pixel| *pixel as u8).collect();
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, quality)
            .encode(&bytes, self.width as u32, self.height as u32, ExtendedColorType::L8)
            .unwrap();
        let decoder = JpegDecoder::new(std::io::Cursor::new(file)).unwrap();
        let grey = DynamicImage::from_decoder(decoder).unwrap().into_luma8();
        Self { pixels: grey.into_raw().into_iter().map(f32::from).collect(), ..*self }
    }

    fn into_luma(self) -> Luma {
        let bytes = self.pixels.iter().map(|pixel| pixel.clamp(0.0, 255.0) as u8).collect();
        Luma::new(self.width as u32, self.height as u32, bytes).unwrap()
    }
}

/// How the picture is taken.
struct Camera {
    module_pixels: f32,
    turned_degrees: f32,
    tilted_degrees: f32,
    /// The side that is nearer.
    toward_degrees: f32,
    /// 0 is even, 1 is black in the shade.
    unevenness: f32,
    blur_pixels: f32,
    /// The standard deviation in shades.
    noise: f32,
    jpeg_quality: u8,
}

impl Camera {
    /// A good phone on a stand: what is left is the damage of the paper.
    fn steady() -> Self {
        Self {
            module_pixels: 4.0,
            turned_degrees: 0.0,
            tilted_degrees: 0.0,
            toward_degrees: 0.0,
            unevenness: 0.0,
            blur_pixels: 0.6,
            noise: 3.0,
            jpeg_quality: 85,
        }
    }
}

/// Where a fold lies: its direction, and where it crosses the middle, as a share of the side.
#[derive(Clone, Copy)]
struct Crease {
    degrees: f32,
    at: f32,
}

impl Crease {
    /// People fold along an edge, and nearly straight.
    fn random(random: &mut Random) -> Self {
        let upright = if random.sign() > 0.0 { 0.0 } else { 90.0 };
        Self { degrees: upright + random.between(-4.0, 4.0), at: random.between(0.3, 0.7) }
    }
}

fn folded(paper: &Picture, severity: Severity, crease: Crease, random: &mut Random) -> Picture {
    let module = PRINT_PIXELS as f32;
    let band = by(severity, [0.5, 1.1, 1.9, 2.8]) * module;
    let apart = by(severity, [0.1, 0.3, 0.5, 0.8]) * module * random.sign();
    let tilt = by(severity, [4.0_f32, 8.0, 13.0, 18.0]).to_radians();
    let shade = by(severity, [0.95, 0.88, 0.8, 0.7]);
    let flaked = by(severity, [0.55, 0.75, 0.9, 1.0]);
    let (dx, dy) = (crease.degrees.to_radians().cos(), crease.degrees.to_radians().sin());
    let side = paper.width as f32;
    let offset = (crease.at - 0.5) * side;
    let grain = random.next();
    Picture::by_pixel(paper.width, paper.height, |x, y| {
        let (cx, cy) = (x as f32 - side / 2.0, y as f32 - side / 2.0);
        let from_crease = cy * dx - cx * dy - offset;
        let (mut sx, mut sy) = (x as f32, y as f32);
        let mut light = 1.0;
        if from_crease > 0.0 {
            // The far panel: slipped along the crease, foreshortened away from it, in its own light.
            let stretch = from_crease * (1.0 / tilt.cos() - 1.0);
            (sx, sy) = (sx + dx * apart - dy * stretch, sy + dy * apart + dx * stretch);
            light = shade;
        }
        let ink = paper.at(sx, sy) * light;
        // Ink comes off in flakes, most on the crease itself; its bottom is a thin dark line.
        let ragged = texture(grain, x as f32 / 5.0, y as f32 / 5.0);
        let worn = (-(from_crease / band).powi(2)).exp() * flaked;
        let bare = ((worn + (ragged - 0.5) * 0.7 * worn) * 1.4).clamp(0.0, 1.0);
        let valley = 1.0 - 0.35 * (-(from_crease / (0.2 * module)).powi(2)).exp();
        (ink * (1.0 - bare) + CREASED_PAPER * bare) * valley
    })
}

fn stained(paper: &Picture, severity: Severity, random: &mut Random) -> Picture {
    let side = paper.width as f32;
    let radius = by(severity, [0.10, 0.16, 0.22, 0.28]) * side;
    let strength = by(severity, [0.45, 0.65, 0.85, 0.97]);
    let (cx, cy) = (random.between(0.3, 0.7) * side, random.between(0.3, 0.7) * side);
    let flat = random.between(0.7, 1.0);
    let grain = random.next();
    Picture::by_pixel(paper.width, paper.height, |x, y| {
        let (dx, dy) = (x as f32 - cx, (y as f32 - cy) / flat);
        let wobble = 1.0 + 0.5 * (texture(grain, x as f32 / (side * 0.07), y as f32 / (side * 0.07)) - 0.5);
        let from_edge = (dx.hypot(dy) / (radius * wobble) - 1.0) * radius;
        let inside = 1.0 / (1.0 + (from_edge / 3.0).exp());
        // Drying carries the colour to the edge.
        let edge = (-(from_edge / (0.05 * side)).powi(2)).exp() * 0.5;
        let cover = (inside * (0.75 + edge) * strength).clamp(0.0, 1.0);
        paper.pixels[y * paper.width + x] * (1.0 - cover) + STAIN * cover
    })
}

fn torn(paper: &Picture, severity: Severity, seed: u64, random: &mut Random) -> Picture {
    let side = paper.width as f32;
    let leg = by(severity, [0.16, 0.22, 0.28, 0.36]) * side;
    let grain = random.next();
    Picture::by_pixel(paper.width, paper.height, |x, y| {
        let (x_from, y_from) = match seed % 4 {
            0 => (side - x as f32, side - y as f32),
            1 => (x as f32, side - y as f32),
            2 => (side - x as f32, y as f32),
            _ => (x as f32, y as f32),
        };
        let ragged = texture(grain, x as f32 / 11.0, y as f32 / 11.0) * 26.0;
        let from_tear = x_from + y_from * 0.9 - leg + ragged;
        match from_tear {
            ..0.0 => TABLE,
            // The torn edge shows the white inside of the paper.
            0.0..9.0 => 250.0,
            _ => paper.pixels[y * paper.width + x],
        }
    })
}

/// Smooth random values from 0 to 1, one unit a grain.
fn texture(seed: u64, x: f32, y: f32) -> f32 {
    let corner = |dx: f32, dy: f32| {
        let (x, y) = ((x.floor() + dx) as i64 as u64, (y.floor() + dy) as i64 as u64);
        Random(seed ^ x.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ y.wrapping_mul(0xc2b2_ae3d_27d4_eb4f)).unit()
    };
    let (right, low) = (x - x.floor(), y - y.floor());
    let upper = corner(0.0, 0.0) * (1.0 - right) + corner(1.0, 0.0) * right;
    let lower = corner(0.0, 1.0) * (1.0 - right) + corner(1.0, 1.0) * right;
    upper * (1.0 - low) + lower * low
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5a4d_6144);
        random.next();
        random
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "an iterator would hide that it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    fn sign(&mut self) -> f32 {
        if self.next() & 1 == 0 { 1.0 } else { -1.0 }
    }

    /// Nearly normal, with deviation 1: the sum of twelve uniform values (Irwin and Hall).
    fn gaussian(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// Pixels a module of the print before the camera: fine enough for creases of half a module.
pub const PRINT_PIXELS: usize = 6;
/// Modules of paper around the quiet zone.
const MARGIN: u16 = 5;
const INK: f32 = 32.0;
const PAPER: f32 = 232.0;
const CREASED_PAPER: f32 = 215.0;
const STAIN: f32 = 78.0;
const TABLE: f32 = 96.0;
