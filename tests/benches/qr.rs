//! Drawing and reading QR symbols. The last line of the drawing bench is the ratio of the two encoders, measured in
//! turns within one run, since machines drift between runs.

use criterion::{Criterion, criterion_group, criterion_main};
use sanad_qr::{
    Encoder, Level, Luma, ModulePixels, PrintedSide, draw, draw_at_level, png, read_back, read_luma,
    read_print, svg,
};
use sanad_tests::damage::{Damage, Severity, photograph, text_of};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn drawing(criterion: &mut Criterion) {
    let text = text_of(400);
    let mut group = criterion.benchmark_group("draw 400 characters at level Q");
    group.bench_function("reference", |bench| {
        bench.iter(|| draw(black_box(&text), Encoder::Reference).unwrap())
    });
    group.bench_function("bulk", |bench| bench.iter(|| draw(black_box(&text), Encoder::Bulk).unwrap()));
    group.finish();
    let symbol = draw(&text, Encoder::Bulk).unwrap().symbol;
    let pixels = ModulePixels::new(8).unwrap();
    let mut group = criterion.benchmark_group("render 400 characters at level Q");
    group.bench_function("svg", |bench| bench.iter(|| svg(black_box(&symbol), PrintedSide::OfTheReader)));
    group.bench_function("png, 8 pixels a module", |bench| {
        bench.iter(|| png(black_box(&symbol), pixels).unwrap())
    });
    group.finish();
    println!("draw, Reference / Bulk: {:.1}", ratio_of_encoders(&text));
}

fn ratio_of_encoders(text: &str) -> f64 {
    let mut spent = [Duration::ZERO; 2];
    for _ in 0..100 {
        for (spent, encoder) in spent.iter_mut().zip([Encoder::Reference, Encoder::Bulk]) {
            let begun = Instant::now();
            black_box(draw(black_box(text), encoder).unwrap().symbol);
            *spent += begun.elapsed();
        }
    }
    spent[0].as_secs_f64() / spent[1].as_secs_f64()
}

fn reading(criterion: &mut Criterion) {
    let symbol = draw_at_level(&text_of(400), Level::Quartile, Encoder::Bulk).unwrap();
    let print = png(&symbol, ModulePixels::new(4).unwrap()).unwrap();
    let clean = Luma::new(1, 1, vec![255]).unwrap();
    let photos = [
        ("slightly folded card", Damage::FoldedCard, Severity::Slight),
        ("severely folded", Damage::Fold, Severity::Severe),
        ("heavy noise", Damage::Noise, Severity::Heavy),
        ("never read: severe blur", Damage::Blur, Severity::Severe),
    ];
    let mut group = criterion.benchmark_group("read 400 characters at level Q");
    group.sample_size(30);
    group.bench_function("back after drawing", |bench| bench.iter(|| read_back(black_box(&symbol)).unwrap()));
    group.bench_function("print, clean", |bench| bench.iter(|| read_print(black_box(&print)).unwrap()));
    group.bench_function("file, clean", |bench| bench.iter(|| sanad_qr::read(black_box(&print)).unwrap()));
    group.bench_function("one white pixel", |bench| bench.iter(|| read_luma(black_box(&clean))));
    for (name, damage, severity) in photos {
        let photo = photograph(&symbol, damage, severity, 0);
        assert_eq!(read_luma(&photo).is_err(), name.starts_with("never"), "{name}");
        group.bench_function(name, |bench| bench.iter(|| read_luma(black_box(&photo))));
    }
    group.finish();
}

criterion_group!(benches, drawing, reading);
criterion_main!(benches);
